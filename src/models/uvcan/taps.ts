import type { UvcanOptions } from '../options.js';

/** What `Uvcan` hands to `Mode.tap`. */
export function uvcanTaps({ variant, layers }: UvcanOptions): Readonly<Record<string, string>> {
  const isUvcan = variant === 'UVCAN';
  const stacks = isUvcan ? (['video', 'user'] as const) : (['video'] as const);
  const guides = { video: 'q_m', user: 'the video' };
  const perLayer = stacks.flatMap((side) =>
    Array.from({ length: layers }, (_, m): [string, string] => [
      `${side}Attention.${m + 1}.weights`,
      `Weights of the slots of the ${side} in layer ${m + 1}, guided by ${guides[side]}. [P, ${side}Fields]`,
    ]),
  );
  return {
    videoSlots: 'Q_v, the embedded fields of the videos. [N, videoFields, K]',
    userSlots: 'Q_u, the embedded fields of the users. [U, userFields, K]',
    'selfAttention.weights': 'Weights of the slots of the user without guidance. [U, userFields]',
    q0: 'The user as they weigh it, which guides the first layer over videos. [U, K]',
    ...Object.fromEntries(perLayer),
    vhat: 'The attended video, what its stack hands on. [P, K]',
    ...(isUvcan && { uhat: 'The attended user, what the stack guided by vhat hands on. [P, K]' }),
  };
}
