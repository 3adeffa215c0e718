import { run } from '@hello/service';
import { USAGE } from './arguments.ts';
import { startStandalone } from './service.ts';

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) console.log(USAGE);
else await run(() => startStandalone(process.env, args));
