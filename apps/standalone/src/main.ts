import { run } from '@hello/service';
import { startStandalone } from './service.ts';

await run(() => startStandalone(process.env, process.argv.slice(2)));
