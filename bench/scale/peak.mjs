/** Preloaded into each stage (`node --import`): notes the largest memory that the process held. */
import { appendFileSync } from 'node:fs';

process.on('exit', () => {
  appendFileSync(process.env.MVREC_BENCH_PEAK, `${process.resourceUsage().maxRSS * 1024}\n`);
});
