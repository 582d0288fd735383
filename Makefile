# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
.DEFAULT_GOAL := help
.PHONY: help controller demo test clean

# ansible-playbook and what it needs, in an environment of its own
CONTROLLER := .venvs/controller
TESTING := .venvs/testing
ENVIRONMENT := PYTHON="$(PYTHON)" requirements/environment.sh
PYTHON := python3

help:
	@echo "make demo        set everything up on this machine, train three models, say where the reports lie"
	@echo "make test        set up what the tests need, then run every test"
	@echo "make controller  only the environment with ansible-playbook: $(CONTROLLER)/bin"
	@echo "make clean       remove the environments (.venvs) and caches; models and services stay"

controller:
	@$(ENVIRONMENT) $(CONTROLLER) requirements/controller.txt

demo: controller
	@$(CONTROLLER)/bin/ansible-playbook demo/demo.yml

test:
	@$(ENVIRONMENT) $(TESTING) requirements/controller.txt requirements/test.txt
	@$(TESTING)/bin/python tests/run.py

clean:
	rm -rf .venvs .cache
