import{a,b,c}from"./chunk-P6JS2NJO.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
