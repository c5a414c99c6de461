import{a,b,c}from"./chunk-DN4JQTOX.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
