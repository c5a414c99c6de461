import{a,b,c}from"./chunk-P2V2BWTU.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
