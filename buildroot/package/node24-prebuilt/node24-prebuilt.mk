################################################################################
#
# node24-prebuilt
#
################################################################################

# The version of package-lock.json; a test compares them.
NODE24_PREBUILT_VERSION = 24.21.0
NODE24_PREBUILT_SITE = file://$(call qstrip,$(BR2_CASELLI_INPUT))/node
NODE24_PREBUILT_SOURCE = node-linux-$(NODE24_PREBUILT_NPM_ARCH)-$(NODE24_PREBUILT_VERSION).tgz
NODE24_PREBUILT_LICENSE = MIT, Apache-2.0, BSD-2-Clause, BSD-3-Clause, ISC, ICU, Zlib
NODE24_PREBUILT_LICENSE_FILES = LICENSE
NODE24_PREBUILT_CPE_ID_VENDOR = nodejs
NODE24_PREBUILT_CPE_ID_PRODUCT = node.js

ifeq ($(BR2_aarch64),y)
NODE24_PREBUILT_NPM_ARCH = arm64
else
NODE24_PREBUILT_NPM_ARCH = x64
endif

define NODE24_PREBUILT_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/bin/node $(TARGET_DIR)/usr/bin/node
endef

$(eval $(generic-package))
