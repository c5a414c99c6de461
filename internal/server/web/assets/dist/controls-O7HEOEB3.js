import{a,b,c}from"./chunk-JPWETG64.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
