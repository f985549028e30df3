import { useChannel } from '@presence-service/client/react';

/** A page that shows who else has it open. */
export function Document() {
  const { memberIds } = useChannel('doc:budget', { join: true });
  return (
    <section>
      <h2>Budget</h2>
      <p>
        Viewing: <output id="viewers">{memberIds.join(', ')}</output>
      </p>
    </section>
  );
}
