import{a,b,c}from"./chunk-XV6A6IAA.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
