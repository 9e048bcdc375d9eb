/** A line of text that a form asks for. */
export function TextField(props: {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly type?: 'text' | 'email' | 'password';
  readonly autocomplete?: 'new-password' | 'current-password' | 'one-time-code' | 'off';
  readonly required?: boolean;
}) {
  const { label, value, set, type = 'text', autocomplete = 'off', required = false } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type={type as 'text'}
        autocomplete={autocomplete}
        required={required}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}
