#!/bin/sh
# The front panel: waits for a display that the board knows (board.json, "panel"), runs LCDd for it, and ends when the
# display was pulled or LCDd ended, so that init begins anew. Runs as the user of LCDd; mdev gives that user the device.
#   lcd.sh        serves
#   lcd.sh conf   says what LCDd is told for the display that is there
# The places are other ones in tests.
export PATH="${CASELLI_PATH:-/usr/bin:/usr/sbin}"
sys=${CASELLI_SYS:-/sys}
dev=${CASELLI_DEV:-/dev}
etc=${CASELLI_ETC:-/etc/caselli}
tab=$(printf '\t')

# One line for each display of the board: USB id, whether it is a serial device, driver, settings (A=1;B=2).
panels() {
  awk '
    { text = text $0 "\n" }
    END {
      while (match(text, /"([^"\\]|\\.)*"|[][{}]|[a-z0-9.+-]+/)) {
        token = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (token == "{" || token == "[") { depth++; if (inside && depth == 3) { usb = serial = driver = settings = "" } }
        else if (token == "}" || token == "]") {
          if (inside && depth == 3) print usb "\t" serial "\t" driver "\t" settings
          depth--
          if (depth == 1) inside = 0
        } else {
          gsub(/^"|"$/, "", token)
          if (match(text, /^[ \t\n]*:/)) { key = token; if (depth == 1 && key == "panel") inside = 1 }
          else if (inside && depth == 3) {
            if (key == "usb") usb = token
            if (key == "serial") serial = token
            if (key == "driver") driver = token
          } else if (inside && depth == 4) settings = settings (settings == "" ? "" : ";") key "=" token
        }
      }
    }' "$etc/board.json"
}

# The first line of a file, without starting a program: it is asked every two seconds. Empty when it cannot be read.
value() {
  line=''
  { read -r line <"$1"; } 2>/dev/null
}

# Sets usb (folder in /sys), number (of this plugging), device, driver, settings.
find_display() {
  # The list in a here-document, as the end of a pipe would be a shell of its own that can set nothing here.
  while IFS="$tab" read -r id serial driver settings; do
    for usb in "$sys"/bus/usb/devices/*; do
      value "$usb/idVendor"
      [ "$line" = "${id%:*}" ] || continue
      value "$usb/idProduct"
      [ "$line" = "${id#*:}" ] || continue
      value "$usb/devnum"
      number=$line
      device=''
      [ "$serial" = true ] || return 0
      for port in "$usb"/*:*/tty?* "$usb"/*:*/tty/tty?*; do
        device=$dev/${port##*/}
        # mdev may not have given it to us yet.
        if [ -e "$port" ] && [ -w "$device" ]; then return 0; fi
      done
    done
  done <<END
$known
END
  return 1
}

there() {
  value "$usb/devnum"
  [ "$line" = "$number" ]
}

conf() {
  for path in /usr/lib/*/lcdproc/"$driver".so; do :; done
  echo '[server]'
  echo "DriverPath=${path%/*}/"
  echo "Driver=$driver"
  echo "[$driver]"
  [ -z "$device" ] || echo "Device=$device"
  echo "$settings" | tr ';' '\n'
  cat "$etc/LCDd.conf"
}

known=$(panels)
if [ "$1" = conf ]; then
  find_display || { echo 'no display is plugged in' >&2; exit 1; }
  conf
  exit 0
fi

until find_display; do sleep 2; done
conf | LCDd -f -c /proc/self/fd/0 &
lcdd=$!
trap 'kill $lcdd 2>/dev/null; wait $lcdd; exit 0' TERM INT
while kill -0 $lcdd 2>/dev/null && there; do
  # In the background, so that a signal is heard at once.
  sleep 2 &
  wait $!
done
kill $lcdd 2>/dev/null
for _ in 1 2 3; do
  kill -0 $lcdd 2>/dev/null || break
  sleep 1
done
kill -KILL $lcdd 2>/dev/null
wait $lcdd
