import type { Command } from '../command.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { dataAudit } from './data-audit.js';
import { dataCandidates } from './data-candidates.js';
import { dataCards } from './data-cards.js';
import { dataExport } from './data-export.js';
import { dataImport } from './data-import.js';
import { dataInspect } from './data-inspect.js';
import { dataList } from './data-list.js';
import { dataSimulate } from './data-simulate.js';
import { dataVerify } from './data-verify.js';
import { doctor } from './doctor.js';
import { engineInstall } from './engine-install.js';
import { engineStatusCommand } from './engine-status.js';
import { evaluate } from './eval.js';
import { forward } from './forward.js';
import { init } from './init.js';
import { models } from './models.js';
import { recommend } from './recommend.js';
import { report } from './report.js';
import { runsCompare } from './runs-compare.js';
import { runsExport } from './runs-export.js';
import { runsList } from './runs-list.js';
import { runsRm } from './runs-rm.js';
import { runsShow } from './runs-show.js';
import { runsTaps } from './runs-taps.js';
import { sweep } from './sweep.js';
import { train } from './train.js';
import { tune } from './tune.js';

/** Every command, in the order of `mvrec --help`. */
export const commands: readonly Command[] = [
  init,
  train,
  tune,
  sweep,
  report,
  evaluate,
  forward,
  recommend,
  models,
  config,
  dataSimulate,
  dataImport,
  dataCards,
  dataInspect,
  dataAudit,
  dataList,
  dataVerify,
  dataCandidates,
  dataExport,
  doctor,
  engineInstall,
  engineStatusCommand,
  runsList,
  runsShow,
  runsCompare,
  runsExport,
  runsTaps,
  runsRm,
  completion,
];

/** What the words are about that several commands begin with. */
export const groups: Readonly<Record<string, string>> = {
  engine: 'The TensorFlow engine: install it, see what is there.',
  runs: 'Finished and unfinished runs.',
  data: 'Data sets: simulate, import, cards, inspect, audit, list, verify, export; candidates to rank.',
};
