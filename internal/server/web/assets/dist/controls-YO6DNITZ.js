import{a,b,c}from"./chunk-RZKTQ3QQ.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
