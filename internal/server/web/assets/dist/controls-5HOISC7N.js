import{a,c as b,d as c}from"./chunk-ITY7SXA2.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
