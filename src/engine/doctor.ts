import { availableParallelism, freemem, totalmem } from 'node:os';
import { processor, tfjsVersion } from './cpu.js';
import { type Probe, probeEngine } from './probe.js';
import { type EngineName, engineNames, type PassedOver } from './types.js';
import { emulation } from './webgpu.js';

/** What this machine can compute with. */
export interface Diagnosis {
  readonly node: string;
  readonly tfjs: string;
  /** Operating system and architecture. */
  readonly platform: string;
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  readonly engines: Readonly<Record<EngineName, Probe>>;
  /** The engine that `auto` takes, and why none before it. */
  readonly auto: { readonly name: EngineName; readonly passedOver: readonly PassedOver[] };
}

/**
 * Starts every engine, one after the other, each in a process of its own, and measures its speed.
 *
 * @param measure milliseconds an engine
 */
export async function diagnose({ measure }: { readonly measure: number }): Promise<Diagnosis> {
  const probes: [EngineName, Probe][] = [];
  for (const name of engineNames) probes.push([name, await probeEngine({ name, threads: 'auto', measure })]);
  return {
    node: process.version,
    tfjs: tfjsVersion,
    platform: `${process.platform}-${process.arch}`,
    processor: processor(),
    cores: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    engines: Object.fromEntries(probes) as Record<EngineName, Probe>,
    auto: choose(probes),
  };
}

/** The choice that `openEngine` makes for `auto`. */
function choose(probes: readonly (readonly [EngineName, Probe])[]): Diagnosis['auto'] {
  const passedOver: PassedOver[] = [];
  for (const [name, probe] of probes) {
    const reason = probe.available ? emulation(probe) : probe.problem;
    if (reason === null) return { name, passedOver };
    passedOver.push({ name, reason });
  }
  throw new Error(`no engine starts: ${passedOver.map(({ reason }) => reason).join('; ')}`);
}
