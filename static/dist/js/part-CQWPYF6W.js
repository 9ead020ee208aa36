function Z(n,e){if(!(e>0)||!(n>=0&&n<=1))return null;let u=n*(1-n)/e+1.959964**2/(4*e**2);return 1.959964/(1+1.959964**2/e)*Math.sqrt(u)}export{Z as a};
