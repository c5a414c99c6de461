import{a,b,c}from"./chunk-ADVRIU2Z.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
