import { type Diagnosis, type EngineStatus, kernelsNote } from '../engine/index.js';
import { formatTable } from './output.js';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What `doctor` says. */
export function diagnosisText(found: Diagnosis & { readonly mvrec: string }): string {
  const { mvrec, node, tfjs, platform, processor, cores, memory, engines, auto } = found;
  const rows = Object.entries(engines).map(([name, probe]) =>
    probe.available
      ? [name, probe.version, probe.device, String(probe.threads), probe.gflops?.toFixed(1) ?? '']
      : [name, `not here: ${probe.problem}`, '', '', ''],
  );
  const fixes = Object.entries(engines).flatMap(([name, probe]) =>
    !probe.available && probe.fix ? [`${name}: ${probe.fix}`] : [],
  );
  const { tensorflow } = engines;
  const kernelsProblem = tensorflow.available ? tensorflow.kernelsProblem : undefined;
  const passedOver = auto.passedOver.map(({ name, reason }) => `${name}: ${reason}`);
  return [
    `mvrec ${mvrec}, node ${node}, ${tfjs}, ${platform}`,
    `${processor}, ${cores} cores, ${gigabytes(memory.total)} of memory, ${gigabytes(memory.free)} free`,
    '',
    formatTable(
      [
        { title: 'engine' },
        { title: 'version', width: 52 },
        { title: 'device', width: 40 },
        { title: 'threads', align: 'right' },
        { title: 'GFLOPS', align: 'right' },
      ],
      rows,
    ),
    '',
    passedOver.length === 0
      ? `auto takes ${auto.name}, the first choice`
      : `auto takes ${auto.name}, because the engines before it are not to be had:`,
    ...passedOver.map((line) => `  ${line}`),
    ...(kernelsProblem ? ['', kernelsNote(kernelsProblem)] : []),
    ...(fixes.length > 0 ? ['', 'To have the others:', ...fixes.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

const kernelsText = {
  compiled: 'compiled',
  missing: 'none, which is slower; mvrec engine install compiles them',
  damaged: 'damaged, hence not used; mvrec engine install compiles them anew',
  unloadable: 'they do not load here, hence are not used; mvrec engine install compiles them anew',
} as const;

/** What `engine status` says. */
export function engineStatusText({ folder, installations, ownPackage, kernels }: EngineStatus): string {
  const lines = installations.map(({ id, active, damage, manifest }) => {
    const what = manifest
      ? `${manifest.version}, installed ${manifest.installed.slice(0, 10)}`
      : 'unfinished';
    return `${active ? '*' : ' '} ${id}  ${what}${manifest && damage ? `, damaged: ${damage}` : ''}`;
  });
  return [
    folder,
    ...(lines.length > 0 ? lines : ['  no TensorFlow in it; mvrec engine install brings one']),
    ...(installations.length > 0 || ownPackage ? [`kernels: ${kernelsText[kernels]}`] : []),
    ...(ownPackage ? [`@tensorflow/tfjs-node-gpu installed itself in ${ownPackage}`] : []),
  ].join('\n');
}
