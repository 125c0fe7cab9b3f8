import type { Command } from '../command.js';

export const completion: Command = {
  usage: 'completion [shell]',
  about: 'Print a script that completes commands, options and experiment files in bash or zsh',
  positionals: {
    shell: { type: 'string', choices: ['bash', 'zsh'], describe: 'Default: the shell in $SHELL, else bash' },
  },
  examples: [
    ['mvrec completion bash >> ~/.bashrc', 'Completion in every new bash'],
    ['mvrec completion zsh >> ~/.zshrc', 'Completion in every new zsh'],
    ['source <(mvrec completion bash)', 'Completion in this shell only'],
  ],
  async run({ shell }) {
    const { completionScript } = await import('../completion-script.js');
    const chosen = shell ?? (process.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash');
    const script = completionScript(chosen as 'bash' | 'zsh');
    return { json: { shell: chosen, script }, text: script };
  },
};
