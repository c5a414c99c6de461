import{a,b,c}from"./chunk-6KVEBFVT.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
