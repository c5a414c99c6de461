import{a,b,c}from"./chunk-TNI26MUD.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
