import{a,c as b,d as c}from"./chunk-ENV45WXZ.js";import"./chunk-TAQ65VAE.js";export{a as AUTO,c as Player,b as SPEEDS};
