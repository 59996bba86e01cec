"""The software of incubators and Zhongchuang spaces. `docs/architecture.md` draws the house."""
