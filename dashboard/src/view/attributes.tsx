import { Fragment } from 'preact';

interface AttributesProps {
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** The attributes of a user. A long value is cut, and shown completely where the pointer rests on it. */
export function Attributes({ attributes }: AttributesProps) {
  return (
    <dl class="attributes">
      {Object.entries(attributes).map(([key, value]) => (
        <Fragment key={key}>
          <dt class="cut">
            <bdi>{key}</bdi>
          </dt>
          <dd class="cut" title={value}>
            <bdi>{value}</bdi>
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
