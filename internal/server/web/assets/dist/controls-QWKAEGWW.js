import{a,b,c}from"./chunk-AEW6MLAE.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
