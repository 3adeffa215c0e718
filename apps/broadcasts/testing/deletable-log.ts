import { EmbeddedLog } from '../src/index.ts';

/** An embedded log whose topics can be deleted, which no service does. */
export class DeletableLog extends EmbeddedLog {
  /** Deletes a topic and its records. Readers start over when it is created again. */
  deleteTopic(name: string): void {
    this.database.prepare('DELETE FROM records WHERE topic = ?').run(name);
    this.database.prepare('DELETE FROM topics WHERE name = ?').run(name);
  }
}
