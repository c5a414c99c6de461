import{a,b,c}from"./chunk-DEXIA336.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
