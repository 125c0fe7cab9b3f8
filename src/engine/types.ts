/** In the order in which `auto` tries them: fastest first, the last two start everywhere. */
export const engineNames = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;

export type EngineName = (typeof engineNames)[number];

export interface EngineRequest {
  readonly name: 'auto' | EngineName;
  /** Threads of the CPU that operations may use; `auto`: every core that this process may run on. */
  readonly threads: 'auto' | number;
}

/** What an engine turned out to be once it ran. */
export interface Started {
  /** Processor or graphics card, in words. */
  readonly device: string;
  /** CPU threads that operations use, which results are a function of. wasm, webgpu and cpu: 1, whatever was asked for. */
  readonly threads: number;
  /** Of the engine and what it is made of, in words. */
  readonly version: string;
  /** tensorflow on a CPU: which kernels of ours it has (`kernelsVersion`); absent: none. */
  readonly kernels?: string;
  /** tensorflow on a CPU: what kernels that were compiled suffer from ("do not load: ..."), hence why their twins run. */
  readonly kernelsProblem?: string;
  /** webgpu: whether its GPU is a program that runs on the processor, hence slow. */
  readonly emulated?: boolean;
}

/** An engine that `auto` would have preferred. */
export interface PassedOver {
  readonly name: EngineName;
  readonly reason: string;
}

/** Where tensors are computed from now on, in this whole process. */
export interface Engine extends Started {
  readonly name: EngineName;
  /** Empty when the engine was asked for by name. */
  readonly passedOver: readonly PassedOver[];
  /** Tensors alive and the bytes they hold. */
  memory(): { readonly tensors: number; readonly bytes: number };
}
