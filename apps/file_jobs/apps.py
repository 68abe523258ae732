from django.apps import AppConfig


class FileJobsConfig(AppConfig):
    name = "apps.file_jobs"
    verbose_name = "ファイルの受け取り"
