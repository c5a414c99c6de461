import{a,b,c}from"./chunk-R5IWTQIR.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
