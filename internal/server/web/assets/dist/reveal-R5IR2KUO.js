for(let i of["pageswap","pagereveal"])addEventListener(i,n=>{let e=n.viewTransition;for(let o of[e?.ready,e?.finished])o?.catch(()=>{})});
