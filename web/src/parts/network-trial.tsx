import { useEffect, useState } from 'preact/hooks';
import { change } from '../api.ts';
import { say, seconds } from '../words.ts';
import { ActButton } from './act.tsx';

/**
 * A change of the network that is on trial. The page goes to the new address by itself; who logs in there has confirmed it. Nobody
 * there: the box takes the former address again.
 * @param until when that will be, ISO 8601; empty while the box has not said so
 * @param address where the box will be; empty when the network decides
 */
export function NetworkTrial(props: { readonly until: string; readonly address: string; readonly again: () => void }) {
  const { until, address, again } = props;
  const [left, setLeft] = useState<number>();
  const there = address === '' ? '' : `${location.protocol}//${hostOf(address)}${port()}/setup/network`;
  useEffect(() => {
    const timer = window.setInterval(() => {
      setLeft(until === '' ? undefined : Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000)));
      again();
    }, 1000);
    return () => window.clearInterval(timer);
  }, [until, again]);
  useEffect(() => {
    if (there === '' || isHere(address)) return;
    const timer = window.setTimeout(() => location.assign(there), 8000);
    return () => window.clearTimeout(timer);
  }, [there, address]);
  return (
    <div class="note" role="status">
      <p>{say('network.on-trial')}</p>
      {left !== undefined && <p>{say('network.left', { time: seconds(left) })}</p>}
      {there !== '' && !isHere(address) && (
        <p>
          {say('network.go-there')} <a href={there}>{there}</a>
        </p>
      )}
      <ActButton work={() => change('systemNetworkConfirm', {})} done={again}>
        {say('network.confirm')}
      </ActButton>
    </div>
  );
}

const isHere = (address: string): boolean => location.hostname.replace(/^\[(.*)\]$/, '$1') === address;
const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const port = (): string => (location.port ? `:${location.port}` : '');
