"""The workbench: where people clear their queues, case by case (SPEC O5, section 9)."""
