import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { NetworkTrial } from '../../parts/network-trial.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** An address from the network, or a fixed one; another one is on trial until the browser has found the box there. */
export function NetworkStep(step: StepProps) {
  const network = useAsked(() => ask('systemNetwork', {}), ['network.']);
  const [mode, setMode] = useState<'dhcp' | 'fixed'>();
  const [address, setAddress] = useState('');
  const [gateway, setGateway] = useState('');
  const [dns, setDns] = useState('');
  const machine = useAsked(() => ask('systemStatus', {}));
  /** Where the box will be; empty for wherever the network puts it. */
  const [trial, setTrial] = useState<string>();
  const begun = useRef(false);
  const { value } = network;
  useEffect(() => {
    if (!value || mode) return;
    setMode(value.mode);
    setAddress(value.addresses.find((one) => !one.includes(':')) ?? value.addresses[0] ?? '');
    setGateway(value.gateway);
    setDns(value.dns.join(', '));
  }, [value, mode]);
  const isOnTrial = value !== undefined && value.trialUntil !== '';
  useEffect(() => {
    // Confirmed or undone: the form shows what is in force now.
    if (begun.current && !isOnTrial) {
      setTrial(undefined);
      setMode(undefined);
    }
    begun.current = isOnTrial;
  }, [isOnTrial]);
  if (!value) return network.error ? <Trouble again={network.again}>{network.error}</Trouble> : null;
  const servers = dns.split(/[\s,]+/).filter((one) => one !== '');
  const isAsItWas =
    mode === value.mode &&
    (mode === 'dhcp' ||
      (value.addresses.includes(address) && gateway === value.gateway && servers.join() === value.dns.join()));
  const set = async (): Promise<'stay' | undefined> => {
    if (isAsItWas) return undefined;
    const isFixed = mode === 'fixed';
    await change('systemNetworkSet', {
      mode: mode!,
      interface: '',
      address: isFixed ? address : '',
      gateway: isFixed ? gateway : '',
      dns: isFixed ? servers : [],
    });
    network.again();
    // Elsewhere than on a box the settings are kept and change nothing.
    if (!machine.value?.box) return undefined;
    setTrial(isFixed ? address.split('/')[0]! : '');
    return 'stay';
  };
  if (trial !== undefined || isOnTrial)
    return <NetworkTrial until={value.trialUntil} address={trial ?? ''} again={network.again} />;
  return (
    <StepForm step={step} work={set}>
      <Hint>
        {say('setup.network.now', {
          addresses: value.addresses.join(', ') || say('nothing'),
          gateway: value.gateway || say('nothing'),
        })}
      </Hint>
      <fieldset class="choices">
        <legend class="hidden">{say('setup.network')}</legend>
        {(['dhcp', 'fixed'] as const).map((one) => (
          <label class="switch" key={one}>
            <input type="radio" name="mode" checked={mode === one} onChange={() => setMode(one)} />
            <span>{say(`setup.network.${one}`)}</span>
          </label>
        ))}
      </fieldset>
      {mode === 'fixed' && (
        <>
          <TextField label={say('setup.network.address')} required value={address} set={setAddress} />
          <TextField label={say('system.gateway')} value={gateway} set={setGateway} />
          <TextField label={say('system.dns')} value={dns} set={setDns} />
          <Hint>{say('setup.network.trial-help')}</Hint>
        </>
      )}
    </StepForm>
  );
}
