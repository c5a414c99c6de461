import{a,b,c}from"./chunk-JO5I2MDY.js";import"./chunk-ANTYYAWY.js";export{a as AUTO,c as Player,b as SPEEDS};
