{#- Every build writes a fresh file: a table or view is made under its own name, in one statement. The adapter makes it under another name first,
    looks for what might stand there, renames and drops, which takes longer than most queries here. What stands there by hand is dropped before.
    Contributions that are written in columns first are a table or view in columns, and a view in rows over it. -#}
{% materialization table, adapter = "duckdb" %}
    {%- set rows = with_columns_beside(compiled_code, "table") -%}
    {%- set target = this.incorporate(type="view" if rows else "table") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement("main") -%}
        {{ create_view_as(target, rows) if rows else create_table_as(false, target, compiled_code) }}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{% materialization view, adapter = "duckdb" %}
    {%- set target = this.incorporate(type="view") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement("main") -%}
        {{ create_view_as(target, with_columns_beside(compiled_code, "view") or compiled_code) }}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{#- Make what an indicator writes in columns, and give its rows as a select from there; nothing where it writes rows alone. -#}
{% macro with_columns_beside(sql, type) -%}
    {%- set columns, mark, rows = sql.partition(one_row_a_measure()) -%}
    {%- if not mark -%} {{ return("") }} {%- endif -%}
    {%- call statement("columns") -%}
        create or replace {{ type }} {{ beside(this) }} as {{ columns }} select * from in_columns
    {%- endcall -%}
    {{ return("with in_columns as (select * from " ~ beside(this) ~ ") " ~ rows) }}
{%- endmacro %}
