/** Weights that both sides begin with. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { encodeNpy, randomStream } from '../../dist/base/index.js';
import { settings } from './side.mjs';

/** Writes the initial weights for the other side, no bias 0 and no gain 1, so that a wrong place would show. */
export async function shareWeights(parameters) {
  const folder = join(settings.folder, 'weights');
  await mkdir(folder, { recursive: true });
  for (const parameter of parameters.dense) {
    const { name, shape } = parameter;
    const values = Float32Array.from(await parameter.value().data());
    const random = randomStream('bench', name);
    if (shape.length === 1) for (let i = 0; i < values.length; i++) values[i] += 0.1 * random.normal();
    await writeFile(join(folder, `${name}.npy`), encodeNpy(values, shape));
    tf.tidy(() => parameters.setDense(name, tf.tensor(values, [...shape])));
  }
  for (const { name, data, width } of parameters.tables) {
    await writeFile(join(folder, `${name}.npy`), encodeNpy(data, [data.length / width, width]));
  }
}
