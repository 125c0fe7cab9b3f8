import { palettes } from '../charts/style.js';

function variables({ series, ...colors }: (typeof palettes)['light' | 'dark']): string {
  const named = Object.entries(colors).map(([name, color]) => `--${name}:${color}`);
  return [...named, ...series.map((color, i) => `--series-${i}:${color}`)].join(';');
}

/** One style for pages and charts, which follows the reader's light or dark and prints light. */
export const css = `
:root{color-scheme:light dark;${variables(palettes.light)}}
@media (prefers-color-scheme:dark){:root{${variables(palettes.dark)}}}
@media print{:root{color-scheme:light;${variables(palettes.light)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main,header.page,nav.page{max-width:72rem;margin:0 auto;padding:0 .75rem}
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .25rem}
h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
p{margin:.5rem 0;max-width:70ch}
a{color:var(--link)}
a:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.muted,.legend,figcaption small{color:var(--muted)}
.notes{background:var(--panel);border-left:4px solid var(--muted);padding:.5rem .75rem .5rem 1.75rem;margin:.75rem 0}
.going{color:var(--good);font-weight:600}
.scroll{overflow-x:auto;margin:.75rem 0;background:linear-gradient(to right,var(--page),transparent) 0 0/2.5rem 100% no-repeat local,linear-gradient(to left,var(--page),transparent) 100% 0/2.5rem 100% no-repeat local,linear-gradient(to right,var(--line),transparent) 0 0/.75rem 100% no-repeat scroll,linear-gradient(to left,var(--line),transparent) 100% 0/.75rem 100% no-repeat scroll}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.25rem 0;white-space:normal}
th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:normal}
thead th{border-bottom:2px solid var(--muted)}
tbody th{font-weight:normal}
.number{text-align:right;white-space:nowrap}
.long{min-width:16rem;overflow-wrap:anywhere}
td strong{font-weight:700}
.second{text-decoration:underline}
sup{line-height:0}
.legend{font-size:.8125rem;margin:.25rem 0}
.holds{color:var(--good);font-weight:600}
.fails{color:var(--bad);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20.5rem),1fr));gap:1rem}
figure{margin:0;break-inside:avoid}
figure svg{display:block;max-width:100%;height:auto}
figcaption{font-size:.875rem;font-weight:600;margin-bottom:.25rem}
.keys{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:.5rem 0;font-size:.8125rem}
.keys li{display:flex;align-items:center;gap:.4rem}
.keys svg{flex:none}
nav ul{padding-left:1.25rem}
@media screen and (max-width:40rem){table:has(.long) thead{display:none}table:has(.long) :is(tbody,tr,th,td){display:block}table:has(.long) tr{border-bottom:1px solid var(--muted);padding:.4rem 0}table:has(.long) :is(th,td){border:0;min-width:0;padding:.1rem 0}table:has(.long) td::before{content:attr(data-title) ": ";color:var(--muted)}}
@media print{body{font-size:10pt}h2,caption{break-after:avoid}tr{break-inside:avoid}.scroll{overflow:visible}nav.page{display:none}a{color:inherit;text-decoration:none}}
`.trim();
