import{a,b,c}from"./chunk-X7Q37PUW.js";import"./chunk-XRBIXFE6.js";export{a as AUTO,c as Player,b as SPEEDS};
