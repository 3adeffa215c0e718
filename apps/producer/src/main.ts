import { run } from '@hello/service';
import { startProducer } from './service.ts';

await run(() => startProducer(process.env));
