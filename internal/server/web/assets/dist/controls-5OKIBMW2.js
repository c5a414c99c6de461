import{a,b,c}from"./chunk-PN7HCASZ.js";import"./chunk-XRBIXFE6.js";export{a as AUTO,c as Player,b as SPEEDS};
