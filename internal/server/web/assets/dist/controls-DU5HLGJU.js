import{a,b,c}from"./chunk-745HKU5A.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
