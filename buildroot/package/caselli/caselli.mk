################################################################################
#
# caselli
#
################################################################################

# The version of package.json; a test compares them.
CASELLI_VERSION = 0.1.0
CASELLI_SITE = $(call qstrip,$(BR2_CASELLI_INPUT))/caselli
CASELLI_SITE_METHOD = local
CASELLI_LICENSE = MIT
CASELLI_LICENSE_FILES = LICENSE
CASELLI_INSTALL_IMAGES = YES

define CASELLI_INSTALL_TARGET_CMDS
	cp -R $(@D)/root/. $(TARGET_DIR)/
endef

# What the boot loader adds to the kernel's words on this board.
define CASELLI_INSTALL_IMAGES_CMDS
	$(INSTALL) -D -m 0644 $(@D)/board.cfg $(BINARIES_DIR)/board.cfg
endef

$(eval $(generic-package))
