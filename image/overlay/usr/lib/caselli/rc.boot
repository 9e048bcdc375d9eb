#!/bin/sh
# Once at each start, as root, before anything else runs: file systems, time, drivers, data. Says each step with its time
# in the kernel's log. Must not stop: a box with broken data still has to show that.
export PATH=/usr/bin:/usr/sbin

say() { echo "caselli: $*" >/dev/kmsg; }

find_partition() {
  for event in /sys/class/block/*/uevent; do
    if grep -qx "PARTNAME=$1" "$event"; then
      device=${event%/uevent}
      echo "${device##*/}"
      return
    fi
  done
}

mount -t tmpfs -o mode=755,size=16m,nosuid,nodev run /run
mount -t tmpfs -o mode=1777,size=64m,nosuid,nodev tmp /tmp
# The program watches /dev/input for buttons: made here it is there before them, and stays when they go.
mkdir -p /dev/pts /dev/input /run/caselli /run/etc /run/documents /run/dhcp /run/esp /run/media
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
# The converters' socket gets the folder's group: the program may use it, nobody else.
chown 901:900 /run/documents
chmod 2750 /run/documents
chown 903:903 /run/dhcp
: >/run/etc/resolv.conf
chown 903:903 /run/etc/resolv.conf
echo '127.0.0.1 localhost' >/run/etc/hosts
echo UTC >/run/etc/timezone
ln -s /usr/share/zoneinfo/UTC /run/etc/localtime
hostname caselli
ip link set lo up
# A program that the kernel would start for every device: there is mdev.
sysctl -qw kernel.panic=10 kernel.panic_on_oops=1 kernel.printk='4 4 1 7' kernel.kptr_restrict=2 kernel.dmesg_restrict=1 \
  kernel.unprivileged_bpf_disabled=1 vm.swappiness=0 net.ipv4.conf.all.rp_filter=1 net.ipv4.tcp_syncookies=1 \
  net.ipv6.conf.all.accept_redirects=0 net.ipv4.conf.all.accept_redirects=0 fs.protected_hardlinks=1 fs.protected_symlinks=1 \
  fs.suid_dumpable=0

# The clock is never earlier than the image or the last run.
not_before() {
  [ "$(date +%s)" -ge "$1" ] || date -s "@$1" >/dev/null
}
not_before "$(date -r /etc/caselli/image.json +%s)"

# What the program can start without: drivers of all that is there, at once in one list, then the watchdog and the network,
# whose cards come up behind the firewall.
start_hardware() {
  nft -f /etc/nftables.conf || say 'the firewall could not be loaded'
  find /sys/devices -name modalias -exec cat {} + 2>/dev/null | sort -u | xargs modprobe -abq 2>/dev/null
  # Sound cards, graphics and the like have no driver in the image: modprobe passes over them.
  for module in $(cat /etc/caselli/modules 2>/dev/null); do modprobe -q "$module"; done
  say 'drivers are loaded'
  # Cards are up, so that DHCP can begin.
  for card in /sys/class/net/*; do
    card=${card##*/}
    [ "$card" = lo ] || ip link set "$card" up
  done
  start_watchdog
}

# The hardware watchdog runs from here: fed for five minutes, in which the program must take over (it ends this feeder).
start_watchdog() {
  for _ in 1 2 3 4 5; do
    [ -e /dev/watchdog ] && break
    usleep 100000
  done
  [ -e /dev/watchdog ] || return
  chown 0:900 /dev/watchdog
  chmod 660 /dev/watchdog
  # Some timers cannot be set to the minute that is usual.
  longest=$(sed -n 's/.*"longestSeconds": *\([0-9]*\).*/\1/p' /etc/caselli/board.json)
  [ "${longest:-60}" -lt 60 ] || longest=60
  /usr/bin/setpriv --reuid 900 --regid 900 --clear-groups --no-new-privs --bounding-set=-all \
    timeout -s KILL 300 watchdog -F -t 5 -T "$longest" /dev/watchdog </dev/null >/dev/null 2>&1 &
  echo $! >/run/caselli/watchdog-feeder
}

start_hardware </dev/null >/dev/null 2>&1 &

# The data partition: as large as the disk allows, checked, made anew after a factory reset.
data=$(find_partition data)
esp=$(find_partition esp)

grow() {
  disk=$(basename "$(readlink -f "/sys/class/block/$data/..")")
  [ -e "/sys/class/block/$disk/size" ] || return
  number=$(cat "/sys/class/block/$data/partition")
  end=$(($(cat "/sys/class/block/$data/start") + $(cat "/sys/class/block/$data/size")))
  [ $(($(cat "/sys/class/block/$disk/size") - end)) -gt 8192 ] || return
  {
    sfdisk -q --relocate gpt-bak-std "/dev/$disk"
    echo ', +' | sfdisk -q --no-reread --no-tell-kernel -N "$number" "/dev/$disk"
  } >/run/caselli/sfdisk 2>&1 &&
    partx -u --nr "$number" "/dev/$disk" && say 'the data partition was grown to the end of the disk'
}

mount_esp() { mount -t vfat -o "$1,nosuid,nodev,noexec,umask=077" "/dev/$esp" /run/esp; }

open_data() {
  e2fsck -p "/dev/$data" >/run/caselli/e2fsck 2>&1
  status=$?
  while read -r line; do say "e2fsck: $line"; done </run/caselli/e2fsck
  # 4: errors are left that need an answer; yes to all keeps what can be kept, a person at a shell could do no better.
  if [ $status -ge 4 ]; then
    e2fsck -y "/dev/$data" >/run/caselli/e2fsck 2>&1
    say "e2fsck had to repair: $(tail -n 1 /run/caselli/e2fsck)"
  fi
  resize2fs "/dev/$data" >/dev/null 2>&1
  mount -t ext4 -o nosuid,nodev,noexec,noatime,data=ordered,errors=remount-ro "/dev/$data" /data
}

if [ -n "$data" ]; then
  grow
  if [ -n "$esp" ] && mount_esp ro; then
    if [ -e /run/esp/factory-reset ]; then
      say 'factory reset: the data is erased'
      blkdiscard "/dev/$data" 2>/dev/null
      /usr/sbin/mke2fs -q -F -t ext4 -b 4096 -L data -m 1 "/dev/$data" && mount -o remount,rw /run/esp && rm /run/esp/factory-reset && sync
    fi
    umount /run/esp
  fi
  if open_data; then
    chown 900:900 /data
    chmod 750 /data
    if [ -e /data/clock ]; then not_before "$(date -r /data/clock +%s)"; fi
    if [ -s /data/random-seed ]; then cat /data/random-seed >/dev/urandom; fi
    dd if=/dev/urandom of=/data/random-seed bs=512 count=1 2>/dev/null
    chmod 600 /data/random-seed
    # For the DHCP client, which may not read the data: whether there is something to ask.
    if [ -r /data/identity/network ]; then head -c 300 /data/identity/network >/run/etc/network; fi
    say 'data is mounted'
  else
    say 'data cannot be mounted: nothing will be accepted'
  fi
else
  say 'there is no data partition: nothing will be accepted'
fi

# For whoever holds the machine in hand: `box.debug=hvc0` on the kernel's line lets that device give commands of root, one a line.
for word in $(cat /proc/cmdline); do
  case $word in
  box.debug=*)
    device=/dev/${word#*=}
    say "commands of root are taken from $device"
    (
      while :; do
        # Its node may be there before its driver is: opening it in vain would end this shell.
        if [ -c "$device" ] && (: 3<>"$device") 2>/dev/null; then
          exec 3<>"$device"
          stty raw -echo <&3
          while read -r line <&3; do (eval "$line") </dev/null >&3 2>&1; done
          exec 3>&-
        fi
        sleep 1
      done
    ) </dev/null >/dev/kmsg 2>&1 &
    ;;
  esac
done
say 'system is up'
