#!/bin/sh
# Makes of Buildroot's target what the slots of a box hold: the kernel and the first program in /boot, folders to mount on.
# What changes at run time is in /run and /data; the rest is read-only. May run again on its own result.
set -eu

target=$1
image=$(cd "$(dirname "$0")/../../../image" && pwd)

# GRUB's scripts are on the boot partition.
rm -rf "$target/boot/grub"
for name in bzImage Image; do
  if [ -e "$target/boot/$name" ]; then mv "$target/boot/$name" "$target/boot/vmlinuz"; fi
done
[ -e "$target/boot/vmlinuz" ] || { echo "there is no kernel in $target/boot" >&2; exit 1; }

for folder in data dev proc run sys tmp; do mkdir -p "$target/$folder"; done
if [ ! -L "$target/var" ]; then
  rm -rf "${target:?}/var"
  ln -s run "$target/var"
fi
# Buildroot's scripts for its own start: ours are in /usr/lib/caselli.
rm -rf "$target/etc/init.d" "$target/etc/network"
# Whatever the umask of the clone was.
for file in "$target"/usr/lib/caselli/* "$target/usr/bin/caselli"; do
  if [ -f "$file" ] && [ "$(head -c 2 "$file")" = '#!' ]; then chmod 755 "$file"; fi
done
# mdev.conf names it by its path in the other image.
[ -e "$target/bin/modprobe" ] || ln -s ../sbin/modprobe "$target/bin/modprobe"

# The initramfs: busybox with the libraries it names, and the first program. Drivers of disks are in the kernel.
work=$BUILD_DIR/caselli-initramfs
rm -rf "$work"
mkdir -p "$work/bin" "$work/lib" "$work/etc" "$work/new"
ln -s . "$work/usr"
ln -s bin "$work/sbin"
ln -s lib "$work/lib64"
cp "$target/bin/busybox" "$work/bin/busybox"
ln -s busybox "$work/bin/sh"
install -m 755 "$image/initramfs/init" "$work/init"
: >"$work/etc/modules"

readelf=$(find "$HOST_DIR/bin" -name '*-readelf' | sort | head -n 1)
needed() {
  "$readelf" -W -l -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p; s/.*program interpreter: .*\/\(.*\)\]/\1/p'
}
bring() {
  for library in $(needed "$1"); do
    [ -e "$work/lib/$library" ] && continue
    cp -L "$target/lib/$library" "$work/lib/$library"
    bring "$work/lib/$library"
  done
}
bring "$work/bin/busybox"

find "$work" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
(cd "$work" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -n -9 >"$target/boot/initrd"
