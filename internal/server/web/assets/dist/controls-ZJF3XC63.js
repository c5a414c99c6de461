import{a,b,c}from"./chunk-DJUV7VUX.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
