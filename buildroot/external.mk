include $(sort $(wildcard $(BR2_EXTERNAL_CASELLI_PATH)/package/*/*.mk))
