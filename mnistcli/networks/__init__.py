"""What a network is, and the one door to Keras. `training` enters, `commands` read its names."""
