import { run } from '@hello/service/run';

const args = process.argv.slice(2);
// The rest is loaded only now, since that takes a while and a signal may come meanwhile.
if (args.includes('--help') || args.includes('-h')) console.log((await import('./arguments.ts')).USAGE);
else await run(async () => (await import('./service.ts')).startStandalone(process.env, args));
