import type { Command } from '../command.js';

export const engineInstall: Command = {
  usage: 'engine install',
  about: 'Install the TensorFlow engine into the cache (about 900 MB; with --gpu about 5.5 GB)',
  options: {
    gpu: { type: 'boolean', default: false, describe: 'The TensorFlow with CUDA, for NVIDIA GPUs' },
    tensorflow: {
      type: 'string',
      requiresArg: true,
      describe: 'Use the TensorFlow in this folder (Python package, environment or C library)',
    },
  },
  examples: [
    ['mvrec engine install', 'Fetch TensorFlow with pip and compile the addon'],
    ['mvrec engine install --gpu', 'The same with CUDA'],
    ['mvrec engine install --tensorflow ~/venv', 'Use the TensorFlow of a Python environment'],
  ],
  async run({ gpu, tensorflow, quiet }) {
    const { installEngine } = await import('../../engine/index.js');
    const say = quiet ? () => {} : (line: string) => void process.stderr.write(`${line}\n`);
    const { folder, manifest, fresh } = await installEngine({
      gpu: gpu as boolean,
      tensorflow: (tensorflow as string | undefined) ?? null,
      say,
    });
    const text = `${manifest.version} ${fresh ? 'is installed' : 'was installed already'} in ${folder}`;
    return { json: { folder, fresh, ...manifest }, text };
  },
};
