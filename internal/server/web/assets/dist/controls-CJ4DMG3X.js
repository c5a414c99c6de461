import{a,c as b,d as c}from"./chunk-DTPFRFRW.js";import"./chunk-TAQ65VAE.js";export{a as AUTO,c as Player,b as SPEEDS};
