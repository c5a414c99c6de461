import{a,b,c}from"./chunk-QRSP4VI5.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
